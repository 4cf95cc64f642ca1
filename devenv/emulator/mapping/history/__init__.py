"""What became of each batch: kept on disk, in bounds, and told to whoever follows it.

| question | module |
| --- | --- |
| what delivery tells | `recorder` |
| what is known of a batch and of each attempt | `entries` |
| turning what is told into entries | `recording` |
| the queue and the thread between delivery and the file | `journal` |
| the file: writing, finding, keeping it in bounds | `file`, `filters` |
| the page that shows it | `page` |

Delivery never waits for any of it: what can't be taken is counted and left out.
"""
