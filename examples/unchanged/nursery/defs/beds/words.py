import dagster as dg


@dg.template_var
def litres(context: dg.ComponentLoadContext) -> int:
    return 20 if context.path.name == "beds" else 0
