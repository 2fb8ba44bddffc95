"""The data that travels: experiments and reflections, and what they are made of."""
