"""How mails leave."""
