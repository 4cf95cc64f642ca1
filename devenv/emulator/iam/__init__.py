"""What a role's policies allow: asked for each request that is signed with a session of the role.

`policies`, `conditions` and `decisions` are IAM's rules and know neither LocalStack nor moto;
`needs` and `s3_needs` say what a request needs; `principals` is where moto keeps roles and
sessions; `enforcement` remembers decisions and what was asked; `chain` is where LocalStack calls.
"""
