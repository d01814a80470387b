# SPDX-License-Identifier: MIT
"""Plots, drawn by gnuplot."""

import subprocess

SIZE = "size 800,450"
COLOURS = ("#1b6ca8", "#d1495b", "#66a182", "#edae49", "#7d5ba6", "#5c4033", "#00798c", "#8d99ae")


def curves(path, title, series, x, y, settings=(), style="linespoints"):
    """series: name -> [(x, y)]; x, y: what the axes are; settings: gnuplot's own."""
    series = {name: values for name, values in series.items() if values}
    if not series:
        return False
    lines = [*heading(path, title),
             f"set xlabel {quote(x)}", f"set ylabel {quote(y)}", "set grid", "set key outside",
             *settings]
    for number, (_, points) in enumerate(series.items()):
        lines += [f"$data{number} << EOD", *(f"{left} {right}" for left, right in points), "EOD"]
    lines.append("plot " + ", ".join(
        f"$data{number} with {style} lw 2 pt 7 ps 0.5 lc rgb '{COLOURS[number % len(COLOURS)]}' "
        f"title {quote(name)}" for number, name in enumerate(series)))
    return gnuplot(lines)


def bars(path, title, values, y, settings=()):
    """values: name -> value; one bar each."""
    if not values:
        return False
    lines = [*heading(path, title), f"set ylabel {quote(y)}",
             "set style fill solid 0.8", "set boxwidth 0.6", "set grid y", "unset key",
             "set xtics rotate by -25", *settings, "$data << EOD",
             *(f'{number} {value} "{name}"' for number, (name, value) in enumerate(values.items())),
             "EOD", f"plot $data using 1:2:xtic(3) with boxes lc rgb '{COLOURS[0]}', "
             "$data using 1:2:(sprintf('%.0f', $2)) with labels offset 0,0.7"]
    return gnuplot(lines)


def gnuplot(lines):
    subprocess.run(["gnuplot"], input="\n".join(lines) + "\n", text=True, check=True)
    return True


def heading(path, title):
    return [f"set terminal svg {SIZE} dynamic background rgb 'white' font 'sans-serif,13'",
            f"set output {quote(path)}", f"set title {quote(title)}"]


def quote(text):
    return "'" + text.replace("'", "''") + "'"
