"""The payment API as shops see it: requests are read and answers shaped here, everything else is a use case."""
