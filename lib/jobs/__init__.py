"""Jobs: files that wait in Redis and are read by workers on any number of machines.

`client` takes jobs and tells about them (the API's side), `reading` reads one file after the other in a worker process,
`supervision` puts back what died, `callbacks` tells who asked to be told (the parent's side). `store` holds the truth
about every file: who reads what next, and what came of it. The only importer of redis.
"""
