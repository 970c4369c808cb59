"""The pages a browser sees from Fils itself: where a payment stands, and the sandbox's home. No JavaScript."""
