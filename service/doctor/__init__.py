"""`tagreel doctor`: looks at a deployment and changes nothing. `findings`, then what is looked at, then `command`."""
