"""Running Lambda functions: the Runtime API, the environment's life, and the process behind it.

`environment` is what AWS documents (init, invoke, timeout, logs) and knows neither LocalStack nor
processes; `sandbox` is the process; `executor` is where LocalStack calls us.
"""
