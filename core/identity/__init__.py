"""Who somebody is: accounts, passwords and sessions, and what keeps them from being guessed."""
