#!/usr/bin/env python3
"""Writes test vectors of the statistics, computed by the reference implementation, as JSON on standard output.

  make.py REFERENCE.py [SEED [SEQUENCES]] > harness/verdict/vectors.json

Needs numpy, scipy and mpmath. The same seed gives the same vectors.
"""
import importlib.util, json, math, random, sys

import mpmath
import numpy as np
from scipy import optimize, special, stats

LETTERS = "abcdef"


def load(path):
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def number(x):
    """JSON has no infinity."""
    x = float(x)
    return x if math.isfinite(x) else "Infinity" if x > 0 else "-Infinity"


def sequence(rng, shares, n):
    """Labels as one letter each: independent, sticky, alternating, constant, in turn, with errors or a rare stranger."""
    kinds = len(shares)
    draw = lambda: rng.choices(range(kinds), shares)[0]
    style = rng.choice(["independent"] * 4 + ["sticky", "sticky", "alternating", "constant", "in turn", "drifting"])
    out = []
    stay = rng.choice([.3, .6, .9, .98])
    for i in range(n):
        if style == "constant": out.append(0)
        elif style == "in turn": out.append(i % kinds)
        elif style == "drifting": out.append(0 if i < n / 2 else draw())
        elif style == "sticky" and out and rng.random() < stay: out.append(out[-1])
        elif style == "alternating" and out and rng.random() < stay: out.append(rng.choice([k for k in range(kinds) if k != out[-1]] or [0]))
        else: out.append(draw())
    text = [LETTERS[k] for k in out]
    flavour = rng.random()
    if flavour < .2: text = ["!" if rng.random() < rng.choice([.02, .3]) else t for t in text]   # errors
    elif flavour < .27 and n: text[rng.randrange(n)] = "z"                                       # a stranger
    return "".join(text)


def labels_of(text): return ["error" if t == "!" else t for t in text]


def length(rng): return rng.choice([0, 1, 2, 3, 24, 25, 26, 99, 100, 101] + [rng.randrange(1, 400)] * 8 + [rng.randrange(400, 1600)] * 6)


def numerics(rng):
    mpmath.mp.dps = 40
    xs = [.5, 1, 1.5, 2, 3, 10] + [rng.uniform(0, 3) for _ in range(40)] + [10 ** rng.uniform(-8, 6) for _ in range(40)]
    xs += [c + s * 10 ** rng.uniform(-15, -1) for c in (1, 2) for s in (-1, 1) for _ in range(15)]
    pairs = [(10 ** rng.uniform(-2, 5), 10 ** rng.uniform(-2, 5)) for _ in range(60)]
    exact_beta = lambda a, b: mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(mpmath.mpf(a) + mpmath.mpf(b))
    binomials = []
    for _ in range(60):
        n = rng.choice([1, 10, 500, 20000]); p = rng.choice([.001, .01, .3, .5, .9]); k = min(n, max(0, round(rng.gauss(n * p, 3 * math.sqrt(n * p * (1 - p))))))
        binomials.append([k, n, p, number(stats.binom.cdf(k, n, p)), number(stats.binom.sf(k - 1, n, p))])
    inverses = []
    for _ in range(30):
        n = rng.choice([1, 5, 40, 3000]); s = rng.randrange(n + 1); alpha = rng.choice([.05, .001])
        low = special.betaincinv(s, n - s + 1, alpha / 2) if s else 0
        high = special.betaincinv(s + 1, n - s, 1 - alpha / 2) if s < n else 1
        inverses.append([s, n, alpha, number(low), number(high)])
    return {
        "lnGamma": [[x, number(mpmath.loggamma(mpmath.mpf(x)))] for x in xs],
        "lnBeta": [[a, b, number(exact_beta(a, b))] for a, b in pairs],
        "binomial": binomials,
        "clopperPearson": inverses,
    }


def interval(ref, s, f, alpha=1e-3):
    """Confidence sequence F9 by Brent's method."""
    g = lambda q: ref.log_e_at(s, f, q, ("beta", .5, .5)) + math.log(alpha)
    p = s / (s + f)
    low = 0. if s == 0 else optimize.brentq(g, 1e-300, p, xtol=1e-15) if g(1e-300) > 0 else 0.
    high = 1. if f == 0 else optimize.brentq(g, p, 1 - 1e-16, xtol=1e-15)
    return [number(low), number(high)]


def distributions(ref, rng, count):
    rows = []
    for _ in range(count):
        kinds = rng.choice([1, 2, 2, 2, 3, 3, 4])
        weights = {LETTERS[k]: rng.choice([1, 1, 1, 2, 3, 7, 9]) for k in range(kinds)}
        truth = list(weights.values()) if rng.random() < .6 else [rng.random() + .05 for _ in range(kinds)]
        if rng.random() < .25: weights[LETTERS[kinds]] = 0
        options = {}
        if rng.random() < .3: options["margin"] = rng.choice([.03, .05, .1, .15])
        if rng.random() < .15: options["leakLimit"] = rng.choice([.005, .02])
        if rng.random() < .15: options["maxBlock"] = rng.choice([1, 2, 20])
        text = sequence(rng, truth, length(rng)); labels = labels_of(text)
        kw = {"l_max": float(options["maxBlock"])} if "maxBlock" in options else {}
        args = (weights, options.get("margin"), options.get("leakLimit", .01))
        lp, lf = ref.eval_distribution(labels, *args, **kw)
        verdict, used = ref.run_distribution(labels, *args, **kw)
        row = {"weights": weights, "options": options, "text": text, "for": number(lp), "against": number(lf), "verdict": verdict, "used": used}
        if rng.random() < .2:
            units = [rng.randrange(max(1, len(text) // 2)) for _ in text]
            if "z" not in text:
                row["units"] = units
                row["unitVerdict"], row["unitUsed"] = ref.run_distribution(labels, *args, units=units, **kw)
        rows.append(row)
    return rows


def bounds(ref, rng, count):
    rows = []
    for _ in range(count):
        n = rng.choice([0, 1, 25, 100] + [rng.randrange(1, 4000)] * 6); r = rng.choice([.001, .01, .05, .2])
        bad = min(n, round(n * r * rng.choice([0, .1, .5, 1, 1.5, 3, 10])))
        lp, lf = ref.eval_bound(bad, n, r)
        rows.append([bad, n, r, number(lp), number(lf), ref.verdict(lp, lf, n)])
    return rows


def absences(ref, rng, count):
    exclusive = [[b, n, leak, *map(number, ref.eval_exclusive(b, n, leak))] for b, n, leak in
                 ((rng.choice([0, 0, 1, 7]), rng.choice([10, 687, 688, 5000]), rng.choice([.01, .001])) for _ in range(count))]
    reaches = []
    for _ in range(count):
        wanted = list(LETTERS[: rng.choice([1, 2, 3])]); text = sequence(rng, [1, .02, .01], rng.choice([0, 5, 60, 300, 900])).replace("!", "a")
        share = rng.choice([.05, .25, .1]); lp, lf = ref.eval_reaches(labels_of(text), wanted, share)
        reaches.append([text, wanted, share, number(lp), number(lf)])
    return exclusive, reaches


def dependences(ref, rng, count):
    rows = []
    for _ in range(count):
        text = sequence(rng, [1] * rng.choice([1, 2, 3]), length(rng)).replace("!", "").replace("z", "")
        rows.append([text, *map(number, ref.dependence(list(text)))])
    return rows


def heterogeneities(ref, rng, count):
    tables = [[[rng.randrange(0, 80) for _ in range(k)] for _ in range(rng.choice([1, 2, 4, 8]))] for k in (rng.choice([2, 3]) for _ in range(count))]
    return [[t, number(ref.log_e_heterogeneity(t))] for t in tables]


def failovers(ref, rng, count):
    """Calls in order, all sent after the event, and no failure after the clean run: there the reference and the contract agree."""
    rows = []
    for _ in range(count):
        event, gap = 1000, rng.choice([20, 100, 400]); within = rng.choice([1000, 3000]); t = event + rng.randrange(gap); calls = []
        switch = rng.choice([0, within * rng.random(), within, within * 1.5])
        while t - event < switch:
            calls.append([t, t + rng.randrange(1, 60), rng.choice("aaa!!b" if rng.random() < .5 else "a")]); t += gap
        for _ in range(rng.choice([0, 60, 134, 135, 150])):
            calls.append([t, t + rng.randrange(1, 60), "b"]); t += gap
        most = rng.choice([0, 3, 8])
        verdict, (low, high), need = ref.failover([(s, r, "error" if l == "!" else l) for s, r, l in calls], event, within, {"b"}, most)
        rows.append({"calls": calls, "event": event, "within": within, "maxErrors": most, "verdict": verdict, "lower": number(low), "upper": number(high), "run": need})
    return rows


def plans(ref):
    cases = [([1, 1], None), ([1, 1, 1], None), ([9, 1], None), ([7, 3], None), ([8, 2], None), ([95, 5], None), ([99, 1], None),
             ([1, 1, 1, 1], None), ([2, 1, 1], None), ([1, 1], .05), ([1, 1], .15), ([1, 1], .2), ([9, 1], .03), ([1, 1, 1], .05)]
    shares = []
    for weights, margin in cases:
        thetas = [w / sum(weights) for w in weights]; margins = [margin or ref.default_margin(t) for t in thetas]
        shares.append([weights, margin, ref.budget(thetas, margins), ref.budget(thetas, margins, zeros=True)])
    return {"distribution": shares, "errorRate": [[r, ref.plan_bound(r, r / 10)] for r in (.005, .01, .05)], "share": [[.95, ref.plan_bound(.05, .01)], [.9, ref.plan_bound(.1, .01)]],
            "exclusive": [[leak, ref.budget([1.], [.1], leak)] for leak in (.01, .001)]}


def main(path, seed=1, count=130):
    ref, rng = load(path), random.Random(int(seed)); count = int(count)
    exclusive, reaches = absences(ref, rng, 20)
    pairs = [(rng.randrange(0, 900), rng.randrange(0, 900)) for _ in range(25)] + [(0, 5), (5, 0), (1, 0)]
    print(json.dumps({
        "seed": int(seed), **numerics(rng),
        "interval": [[s, f, *interval(ref, s, f)] for s, f in pairs if s + f],
        "distribution": distributions(ref, rng, count), "bound": bounds(ref, rng, 80), "exclusive": exclusive, "reaches": reaches,
        "dependence": dependences(ref, rng, 40), "heterogeneity": heterogeneities(ref, rng, 30), "failover": failovers(ref, rng, 40), "plan": plans(ref),
    }, separators=(",", ":")))


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 1 else sys.exit(__doc__)
