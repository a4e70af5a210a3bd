# Everything that has to be set, but for the image: -var image=REGISTRY/scribes-auth:1.2.3
region          = "eu-west-1"
domain          = "auth.example.com"
certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"

smtp_host       = "email-smtp.eu-west-1.amazonaws.com"
smtp_user       = "AKIAIOSFODNN7EXAMPLE"
smtp_from_email = "noreply@example.com"
