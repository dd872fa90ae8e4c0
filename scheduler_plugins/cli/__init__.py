"""mdev-scheduler: the command line. Tables for people, JSON for programs, nothing else on standard output.

The entrance is `app.main`. It asks the service over its API and may know nothing of decisions; only `scan`,
`serve`, `doctor` and `policy` look into the product themselves.

Exit status: 0 done, 1 the answer is no, 2 usage or configuration, 3 could not ask (standard error says why).
"""
