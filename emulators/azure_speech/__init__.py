"""Azure Speech, emulated: tokens, voices, recognition and synthesis on one port."""
