"""The keys that sign tokens: which they are, what each is good for, and what is made with them."""
