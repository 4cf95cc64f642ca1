"""What `lambda_function.py` is made of, and whatever else serves the same models.

Nothing of devenv is in it: it goes into the function's image. What costs time to import (boto3,
numpy, yaml, skops, mlflow) is imported where it is used.
"""
