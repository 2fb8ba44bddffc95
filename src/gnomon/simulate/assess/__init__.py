"""How near to the truth a program came: figures from its output files and the truth of a simulation."""
