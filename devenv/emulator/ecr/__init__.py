"""ECR: repositories with their policies, and the images in them.

The API is moto's (repositories, policies, tags, lifecycle policies, which are kept and not carried
out). In containers images lie in a real registry: `registry` writes its settings, `contents` reads
and changes what it keeps on disk, `images` tells moto of it. Embedded there's none: no image can be
pushed, and one of the account's repositories means this checkout (`functions.images`).
"""
