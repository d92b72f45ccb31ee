import dagster as dg


@dg.asset(deps=["till"], tags={"domain": "money"})
def market_day() -> None: ...


money = dg.define_asset_job("money", selection="tag:domain=money", tags={"team": "counter"})


@dg.schedule(job=money, cron_schedule="0 8 * * 6")
def saturdays() -> dg.RunRequest:
    return dg.RunRequest()
