"""The bank's side of Fils: KNET's wire, the connector, the inbound endpoints and the simulator."""
