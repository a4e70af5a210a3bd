# PostgreSQL in two zones. RDS makes the master's password, keeps it in Secrets Manager and
# rotates it; the service looks it up there.

locals {
  database_port = 5432
  database_name = "scribes"
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = aws_subnet.data[*].id
}

resource "aws_db_parameter_group" "this" {
  name   = "${var.name}-${var.database_version}"
  family = "postgres${var.database_version}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000" # milliseconds
  }

  # What a slow statement is told of is its text: addresses and hashes are among the values.
  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  lifecycle {
    create_before_destroy = true
  }
}

#trivy:ignore:AWS-0176 the service logs in by the password that RDS keeps and rotates
resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_118:CloudWatch's own figures are enough for the alarms, and need no role
  #checkov:skip=CKV_AWS_161:the service logs in by the password that RDS keeps and rotates
  identifier = var.name
  engine     = "postgres"
  # Of a major version AWS chooses the minor one, and renews it.
  engine_version              = var.database_version
  auto_minor_version_upgrade  = true
  allow_major_version_upgrade = false
  parameter_group_name        = aws_db_parameter_group.this.name

  instance_class        = var.database_instance_class
  allocated_storage     = var.database_storage_gb
  max_allocated_storage = var.database_storage_gb * 5
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.this.arn

  multi_az               = true
  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.database.id]
  port                   = local.database_port

  db_name                       = local.database_name
  username                      = local.database_name
  manage_master_user_password   = true
  master_user_secret_kms_key_id = aws_kms_key.this.key_id

  backup_retention_period   = var.backup_days
  copy_tags_to_snapshot     = true
  delete_automated_backups  = false
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-final"

  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.this.arn
  performance_insights_retention_period = 7

  depends_on = [aws_cloudwatch_log_group.this]
}
