"""What two or more steps share: short functions with the formula and the paper."""
