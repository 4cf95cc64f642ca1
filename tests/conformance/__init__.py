"""What AWS says of the Kinesis → Lambda event source mapping, a test for each statement.

The tests speak to the endpoint that the environment names, by boto3 alone, so they run on any
emulator and on AWS. A test's docstring is its statement; the run ends with the table of them.
"""
