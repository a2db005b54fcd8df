"""How each kind's vectors are made, one file each."""
