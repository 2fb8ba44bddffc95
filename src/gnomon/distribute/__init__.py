"""How work is spread: a pool is just an ordered map."""
