"""What pages, withdrawals and other services may have done."""
