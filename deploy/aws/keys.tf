# One key encrypts what rests: secrets, database, cache and logs.

resource "aws_kms_key" "this" {
  description             = "What ${var.name} keeps"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = jsonencode(local.key_policy)
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

locals {
  account    = data.aws_caller_identity.this.account_id
  arn        = "arn:${data.aws_partition.this.partition}"
  log_groups = "${local.arn}:logs:${var.region}:${local.account}:log-group"

  # In a key's policy "*" is this key; who of the account may use it, their roles say.
  key_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RolesOfTheAccountSayWho"
        Effect    = "Allow"
        Principal = { AWS = "${local.arn}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "OurLogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = {
          ArnEquals = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for name in values(local.log_group_names) : "${local.log_groups}:${name}"
            ]
          }
        }
      },
    ]
  }

  log_group_names = {
    service  = "/ecs/${var.name}"
    rotation = "/aws/lambda/${local.rotation_name}"
    # RDS would make these itself, without our key and for ever.
    postgresql = "/aws/rds/instance/${var.name}/postgresql"
    upgrade    = "/aws/rds/instance/${var.name}/upgrade"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each          = local.log_group_names
  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.this.arn
}
