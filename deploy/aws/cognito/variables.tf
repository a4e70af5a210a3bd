variable "region" {
  description = "The AWS region, eu-west-1 for example."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-\\d+$", var.region))
    error_message = "Write a region as AWS does: eu-west-1."
  }
}

variable "auth_url" {
  description = "Where users reach the service: the links in mails lead there, and migration asks there."
  type        = string

  validation {
    condition     = can(regex("^https://[^/\\s]+$", var.auth_url))
    error_message = "Write https:// and the name alone: https://auth.example.com."
  }
}

variable "name" {
  description = "What the pool and all beside it are called."
  type        = string
  default     = "scribes-auth"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,31}$", var.name))
    error_message = "Use small letters, digits and hyphens, 32 at most."
  }
}

variable "task_role_name" {
  description = "The role of the service's tasks, which may then do in the pool what the service does: the output task_role_name of the templates one folder up. Null where another role gets the output policy."
  type        = string
  default     = null
}

variable "secret_name" {
  description = "The secret in Secrets Manager that has the client's secret."
  type        = string
  default     = "scribes/cognito-client"
}

variable "kms_key_arn" {
  description = "The key that encrypts the secret and the functions' logs; null for AWS's own. The service's role has to be allowed to decrypt with it: the output kms_key_arn of the templates one folder up is."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[\\w-]+:kms:${var.region}:\\d{12}:key/", coalesce(var.kms_key_arn, "-")))
    error_message = "Write the ARN of a key in the same region."
  }
}

variable "migrates_users" {
  description = "Whether a log-in of somebody who is not in the pool asks the service at migrate_from, and takes them over with their password."
  type        = bool
  default     = false
}

variable "migrate_from" {
  description = "Where the service with our own users is reached, while users move: another name than auth_url. Null if nobody moves."
  type        = string
  default     = null

  validation {
    condition     = !var.migrates_users || can(regex("^https://[^/\\s]+$", coalesce(var.migrate_from, "-")))
    error_message = "With migrates_users, write where the users are now: https://old.example.com."
  }
}

variable "ses_identity_arn" {
  description = "The identity in SES from which the pool mails; null for Cognito's own sender, which mails 50 a day."
  type        = string
  default     = null

  validation {
    condition     = var.ses_identity_arn == null || can(regex("^arn:[\\w-]+:ses:[\\w-]+:\\d{12}:identity/.+$", coalesce(var.ses_identity_arn, "-")))
    error_message = "Write the ARN of an identity in SES."
  }
}

variable "from_email" {
  description = "The sender of mails, of that identity; null for Cognito's own."
  type        = string
  default     = null

  validation {
    condition     = (var.from_email == null) == (var.ses_identity_arn == null)
    error_message = "Set both ses_identity_arn and from_email, or neither."
  }
}

variable "refresh_token_days" {
  description = "How long a log-in lasts."
  type        = number
  default     = 7

  validation {
    condition     = var.refresh_token_days >= 1 && var.refresh_token_days <= 3650
    error_message = "Between a day and ten years."
  }
}

variable "deletion_protection" {
  description = "Whether the pool, and with it everybody's password, can't be deleted."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "For how many days the functions' logs are kept."
  type        = number
  default     = 365
}
