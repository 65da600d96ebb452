"""Jobs: files that wait in Redis and are read by workers on any number of machines.

`client` takes jobs and tells about them (the API's side), `reading` reads one file in a worker process, `supervision`
puts back what died and sends callbacks (the parent's side). `store` holds the truth about every file, `dispatch` the
RQ queues, which only say who reads what next. The only importer of redis and rq.
"""
