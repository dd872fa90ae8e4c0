"""The judge of weights: demand replayed against fleets, in process, the same under the same seed.

`workload` makes fleets and demand, `replaying` replays it by a rule, `judging` compares what came of it,
`pages` draws `docs/placement.md`. Beside them stand the commands: the judge itself (`__main__`) and its
further questions, among them whether it is right (`sanity`).

`make bench-placement` (options in `PLACEMENT`, see `--help`) prints tables; `--json FILE` writes all figures,
`--full` those of each reported grid to `FILE-GRID.json`:

- `schema` 1, `grid`, `seeds` (list), `arrivals` (of each replay; the first quarter is not counted),
  `baseline` (the rule that others are compared with), `seconds`;
- `policies`: list of `name`, `title`;
- `cases`: list of `name`, `fleet`, `mix`, `load`, `pairs`, `lifetimes`, `hosts`, `cards`;
- `runs`: list of `case`, `policy` and, with one figure for each of `seeds`: `gpu` (GPU-weighted acceptance,
  %), `count` (VMs let in, %), `largest` (% of time in which one more VM could have had a whole card), `spare`
  (hosts on which nothing runs, mean over time), `failed` (starts on hosts that had no room), `decision_us`
  (microseconds for one decision over all hosts, departures and bookkeeping included);
- `compared`: list of `case`, `policy`, `gpu` (mean), `difference` (paired, to the baseline, in points),
  `low`, `high` (95 %), `p`, `holm` (p corrected over the cases of the policy);
- `groups`: list of `policy`, `by` (`all` or a column of `cases`), `value`, `cases`, `gpu`, `count`,
  `largest`, `spare`, `difference`, `low`, `high`, `wins`, `losses` (cases with p < 0.05), `holm_wins`,
  `holm_losses`, `worst` (the lowest mean difference of a case), `worst_case`;
- `duels`: list of `policy` (the product's), `against` (any other), `cases`, `difference`, `low`, `high`,
  `holm_wins`, `holm_losses`, `worst`, `worst_case`: the same with another rule as the baseline.
"""
