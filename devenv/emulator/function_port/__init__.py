"""The function by itself, on a port of its own: what `docker run -p 8080:8080 IMAGE` answers.

POST an event to /2015-03-31/functions/function/invocations, without a signature, and the answer is
the function's. AWS's runtime interface emulator does that in an image, and ends when a second event
comes while it works on one: here they are answered one after the other.

`server` listens and keeps order; `by_itself` runs the deployed function, and `image` asks a
container of the function's image.
"""
