"""What payments are: values, rules and transition tables. Imports the standard library only."""
