"""What is wrong with an environment, and how it's put right: `devenv doctor`.

A check is a module of `checks` with a NAME, the sentence that is true when all is well, and
`check(facts) -> Finding`. `facts` asks each thing once, for all checks; `examination` runs the
checks one by one, so that none can hurt another. `known_errors` knows what functions log.

It only looks: nothing here starts, makes or changes anything.
"""
