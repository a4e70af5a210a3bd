# The image is given with each apply: -var image=...
project         = "scribes-example"
region          = "europe-west1"
domain          = "auth.example.com"
smtp_host       = "smtp.example.com"
smtp_user       = "scribes"
smtp_from_email = "noreply@example.com"
