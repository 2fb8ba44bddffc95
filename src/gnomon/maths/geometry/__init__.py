"""Where and when reflections diffract, and what detector and goniometer do to them."""
