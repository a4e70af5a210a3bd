# Three tiers in each zone: the balancer's (public), the tasks' (out through NAT), and the
# data's, from which no route leads out and none in.

data "aws_availability_zones" "usable" {
  #checkov:skip=CKV_AWS_394:it chooses none, and only tells whether those that are named exist
  state = "available"
}

locals {
  zones = [for letter in var.zones : "${var.region}${letter}"]
}

#trivy:ignore:AWS-0178 what a network logs is a rule of the whole account
resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:what a network logs is a rule of the whole account; the service logs each request itself
  cidr_block           = var.network_range
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }

  # Which letters there are differs by region, and by account.
  lifecycle {
    precondition {
      condition     = length(setsubtract(local.zones, data.aws_availability_zones.usable.names)) == 0
      error_message = "Set zones: the account has ${join(", ", data.aws_availability_zones.usable.names)}."
    }
  }
}

# Nobody lands in the group that AWS made, which would let its members reach each other.
resource "aws_default_security_group" "nobody" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "public" {
  count             = length(var.zones)
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.network_range, 4, count.index)
  tags              = { Name = "${var.name}-public-${count.index}" }
}

resource "aws_subnet" "tasks" {
  count             = length(var.zones)
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.network_range, 4, 4 + count.index)
  tags              = { Name = "${var.name}-tasks-${count.index}" }
}

resource "aws_subnet" "data" {
  count             = length(var.zones)
  vpc_id            = aws_vpc.this.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(var.network_range, 4, 8 + count.index)
  tags              = { Name = "${var.name}-data-${count.index}" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-public" }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
}

resource "aws_route_table_association" "public" {
  count          = length(var.zones)
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

# One NAT for each zone: a zone that fails takes nothing with it.
resource "aws_eip" "nat" {
  #checkov:skip=CKV2_AWS_19:it belongs to the NAT gateway below
  count  = length(var.zones)
  domain = "vpc"
  tags   = { Name = "${var.name}-nat-${count.index}" }
}

resource "aws_nat_gateway" "this" {
  count         = length(var.zones)
  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = { Name = "${var.name}-${count.index}" }
  depends_on    = [aws_internet_gateway.this]
}

resource "aws_route_table" "tasks" {
  count  = length(var.zones)
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-tasks-${count.index}" }

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this[count.index].id
  }
}

resource "aws_route_table_association" "tasks" {
  count          = length(var.zones)
  subnet_id      = aws_subnet.tasks[count.index].id
  route_table_id = aws_route_table.tasks[count.index].id
}
