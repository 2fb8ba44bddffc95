"""What stands on pages of the data themselves: experiments and reflections, at whatever stage they are."""
