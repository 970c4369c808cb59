"""What has to happen without anybody asking: payments whose time has come are settled."""
