# The names are those that the service reads: SECRETS_URL=aws://REGION/PREFIX, then the name.

resource "aws_secretsmanager_secret" "jwt" {
  #checkov:skip=CKV2_AWS_57:rotation.tf rotates it where the service reads it live
  name        = "${var.secrets_prefix}jwt-secret"
  description = "The key that signs tokens"
  kms_key_id  = aws_kms_key.this.key_id
}

# The first key, from 384 random bits. It is write-only: neither state nor plan has it.
# Its own label keeps the version from being cleared away, or Terraform would make another.
resource "aws_secretsmanager_secret_version" "jwt" {
  secret_id                = aws_secretsmanager_secret.jwt.id
  secret_string_wo         = sha256(join("", [uuid(), uuid(), uuid()]))
  secret_string_wo_version = 1
  version_stages           = ["AWSCURRENT", "FIRST"]

  lifecycle {
    ignore_changes = [version_stages] # they move with each rotation
  }
}

# Its value is the mail provider's; README.md tells how to put it.
resource "aws_secretsmanager_secret" "smtp" {
  #checkov:skip=CKV2_AWS_57:only the mail provider can give another
  name        = "${var.secrets_prefix}smtp-password"
  description = "The password at the mail server"
  kms_key_id  = aws_kms_key.this.key_id
}
