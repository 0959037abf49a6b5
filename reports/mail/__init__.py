"""Mail by SMTP or the local mailer: the settings, the password, and how a message is handed over."""
