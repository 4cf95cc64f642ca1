"""Who may ask the emulator at all: looked at before Kinesis, S3 or any other service is asked.

| question | file |
| --- | --- |
| Is the Host one of ours, and does a web page of another site ask? | `guard` |
| Where is that asked, for HTTP/1.1, HTTP/2 and WebSocket? | `site`; of Kinesis: `server` |
| Which other sites do a bucket's CORS rules or a function URL let in? | `cross_origin` |
| Who signed the request? | `credentials` |
| What may be asked without a signature? | `unsigned`, `public_s3` |
| Where does LocalStack call us? | `chain` |
| What does a refusal look like? | `refusal` |

`guard`, `credentials` and `refusal` know neither LocalStack nor Twisted. What a role's policies
allow is decided later, in `devenv.emulator.iam`. SECURITY.md says what all of this protects.
"""
