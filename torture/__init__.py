"""The long form of the fault tests: ``make torture`` prints what was tried, acknowledged, lost, torn."""
