terraform {
  required_version = ">= 1.11" # write-only arguments: the first JWT key stays out of the state

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ application = var.name }, var.tags)
  }
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}
