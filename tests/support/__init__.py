"""What tests share: real parts, started and stopped."""
