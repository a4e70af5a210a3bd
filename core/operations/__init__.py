"""What keeps the service going, and nobody logs in by: readiness, mails, secrets, moving house."""
