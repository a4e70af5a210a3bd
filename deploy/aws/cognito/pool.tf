# The pool as the service needs it; docs/cognito.md says why.

resource "aws_cognito_user_pool" "this" {
  name                     = var.name
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"

  username_configuration {
    case_sensitive = false
  }

  # Whoever could write these would be somebody else.
  dynamic "schema" {
    for_each = ["scribes_id", "family_name"]

    content {
      name                = schema.value
      attribute_data_type = "String"
      mutable             = false
      required            = false

      string_attribute_constraints {
        min_length = "0"
        max_length = "2048"
      }
    }
  }

  # The guide's rules.
  password_policy {
    minimum_length                   = 8
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = true
    temporary_password_validity_days = 3
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  dynamic "email_configuration" {
    for_each = var.ses_identity_arn[*]

    content {
      email_sending_account = "DEVELOPER"
      source_arn            = email_configuration.value
      from_email_address    = var.from_email
    }
  }

  lambda_config {
    custom_message = aws_lambda_function.this["custom_message"].arn
    user_migration = var.migrates_users ? aws_lambda_function.this["migrate_user"].arn : null
  }
}

resource "aws_cognito_user_group" "this" {
  for_each     = toset(["admin", "user"])
  name         = each.key
  user_pool_id = aws_cognito_user_pool.this.id
}

resource "aws_cognito_user_pool_client" "this" {
  name                          = "scribes-auth"
  user_pool_id                  = aws_cognito_user_pool.this.id
  generate_secret               = true
  explicit_auth_flows           = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true

  access_token_validity  = 30
  id_token_validity      = 30
  refresh_token_validity = var.refresh_token_days

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }

  read_attributes  = concat(local.attributes, ["email_verified"])
  write_attributes = local.attributes
}

locals {
  attributes = ["custom:scribes_id", "email", "family_name", "given_name", "locale", "name", "preferred_username"]
}

# Cognito makes the client's secret, and Terraform's state knows it by that. It is written
# here without a second copy; README.md tells how to keep it out of the state altogether.
resource "aws_secretsmanager_secret" "client" {
  #checkov:skip=CKV2_AWS_57:Cognito gives a client another secret by a second client
  #checkov:skip=CKV_AWS_149:with AWS's own key, unless kms_key_arn names another
  name        = var.secret_name
  description = "The secret of the service's client at the user pool"
  kms_key_id  = var.kms_key_arn
}

resource "aws_secretsmanager_secret_version" "client" {
  secret_id                = aws_secretsmanager_secret.client.id
  secret_string_wo         = aws_cognito_user_pool_client.this.client_secret
  secret_string_wo_version = 1
}
