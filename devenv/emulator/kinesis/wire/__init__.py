"""Requests and responses: checked against AWS's model of the API, and read and written as JSON."""
