"""What a caller can ask of Fils: one function per request. Imports the domain only; parts come in through ports."""
