#!/usr/bin/env Rscript
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Data sets and R's answers to them, for tests/unit/stats-test.c:
#   Rscript tests/stats/wilcox.R > tests/stats/wilcox.txt
# One set a line, numbers without names:
#   paired|unpaired TIES NA NB P EXACT ESTIMATE LO HI  a...  b...
#   holm N  p...  adjusted...
# TIES is 1 where R falls back to the normal approximation for p (ties, zeros, 50
# values); P is R's. EXACT, where TIES and NA, NB are below 50: the permutation test's p
# given the mid-ranks, counted here. ESTIMATE, LO, HI of data without ties are
# wilcox.test()'s; with ties they are those of Walsh averages or differences at the
# ranks of qsignrank() and qwilcox(), as lib/stats/rank.h promises. NA: no interval
# at 95%, or nothing to count.
# Values are multiples of 1/4: the text holds them exactly.
set.seed(7031967, kind = "Mersenne-Twister", normal.kind = "Inversion",
	 sample.kind = "Rejection")
level <- 0.95

numbers <- function(x) paste(ifelse(is.na(x), "NA", sprintf("%.12g", x)), collapse = " ")

shapes <- list(
	normal = function(n) 1e3 + 20 * rnorm(n),
	skewed = function(n) 500 * exp(0.8 * rnorm(n)),
	wild = function(n) 200 * rt(n, 2),
	two = function(n) ifelse(runif(n) < 0.3, 900, 300) + 30 * rnorm(n)
)

quarters <- function(x) round(4 * x) / 4

tied <- function(a, b, paired) {
	if (paired)
		any(b == a) || anyDuplicated(abs(b - a))
	else
		anyDuplicated(c(a, b))
}

draw <- function(na, nb, paired, ties) {
	repeat {
		shape <- shapes[[sample(length(shapes), 1)]]
		a <- quarters(shape(na))
		b <- quarters(shape(nb) + sample(c(0, 0, 10, 60, -150), 1))
		if (ties) {
			grain <- sample(c(20, 50, 200), 1)
			a <- grain * round(a / grain)
			b <- grain * round(b / grain)
		}
		some <- !paired || any(a != b)
		if (some && length(unique(c(a, b))) > 1 && (tied(a, b, paired) > 0) == ties)
			return(list(a = a, b = b))
	}
}

by_rule <- function(values, outside) {
	values <- sort(values)
	n <- length(values)
	c(median(values), if (outside) c(values[outside], values[n + 1 - outside]) else c(NA, NA))
}

paired_shift <- function(d, outside) {
	walsh <- outer(d, d, "+") / 2
	by_rule(walsh[upper.tri(walsh, diag = TRUE)], outside)
}

# How many values lie outside at each end: past what lib/stats/rank.h counts exactly (200
# pairs, 49 in an arm) from the normal approximation.
outside_of <- function(na, nb, paired) {
	tail <- (1 - level) / 2
	if (paired && na > 200) {
		mean <- na * (na + 1) / 4
		return(floor(mean + 0.5 + qnorm(tail) * sqrt(mean * (2 * na + 1) / 6)))
	}
	if (!paired && max(na, nb) > 49) {
		mean <- na * nb / 2
		return(floor(mean + 0.5 + qnorm(tail) * sqrt(mean * (na + nb + 1) / 6)))
	}
	if (paired) qsignrank(tail, na) else qwilcox(tail, nb, na)
}

# Twice the smaller of P(S <= s) and P(S >= s), where ways[1 + s] is in how many ways
# ranks (doubled: mid-ranks become whole) have the sum s.
two_sided <- function(ways, s) {
	all <- sum(ways)
	min(1, 2 * min(sum(ways[1:(s + 1)]), sum(ways[(s + 1):length(ways)])) / all)
}

exact_paired <- function(d) {
	d <- d[d != 0]
	r <- 2 * rank(abs(d))
	ways <- 1
	for (one in r)
		ways <- c(ways, numeric(one)) + c(numeric(one), ways)
	two_sided(ways, sum(r[d > 0]))
}

exact_unpaired <- function(a, b) {
	r <- 2 * rank(c(b, a))
	ways <- matrix(0, length(b) + 1, sum(r) + 1)
	ways[1, 1] <- 1
	for (one in r) {
		moved <- cbind(matrix(0, nrow(ways), one), ways[, 1:(ncol(ways) - one)])
		ways <- ways + rbind(0, moved[-nrow(moved), ])
	}
	two_sided(ways[length(b) + 1, ], sum(r[seq_along(b)]))
}

answer <- function(a, b, paired, ties) {
	r <- suppressWarnings(wilcox.test(b, a, paired = paired, conf.int = !ties,
					  conf.level = level, exact = if (ties) NULL else TRUE))
	outside <- outside_of(length(a), length(b), paired)
	if (ties)
		shift <- if (paired) paired_shift(b - a, outside)
			 else by_rule(outer(b, a, "-"), outside)
	else
		shift <- c(r$estimate, if (outside) r$conf.int[1:2] else c(NA, NA))
	by_count <- ties && max(length(a), length(b)) < 50
	exact <- if (!by_count) NA else if (paired) exact_paired(b - a) else exact_unpaired(a, b)
	c(r$p.value, exact, shift)
}

set <- function(na, nb, paired, ties, approximate = FALSE) {
	x <- draw(na, nb, paired, ties)
	got <- answer(x$a, x$b, paired, ties || approximate)
	cat(if (paired) "paired" else "unpaired", as.integer(ties || approximate), na, nb,
	    numbers(got), numbers(x$a), numbers(x$b), "\n")
}

holm <- function(n) {
	p <- round(runif(n)^sample(1:4, 1), 4)
	if (n > 4) {
		p[sample(n, 1)] <- p[sample(n, 1)]
		p[sample(n, 1)] <- NA
	}
	cat("holm", n, numbers(p), numbers(p.adjust(p, "holm")), "\n")
}

cat("# SPDX-License-Identifier: GPL-2.0-or-later\n")
cat("# Made by tests/stats/wilcox.R, which says what is in a line.\n")
for (n in 3:40) {
	for (ties in c(FALSE, FALSE, TRUE, TRUE)) {
		set(n, n, TRUE, ties)
		set(n, max(3, min(40, n + sample(-4:4, 1))), FALSE, ties)
	}
	holm(n)
}
# Beyond R's limit for exact p, and beyond lib/stats's own.
set(60, 60, TRUE, FALSE)
set(49, 49, FALSE, FALSE)
for (ties in c(FALSE, TRUE)) {
	set(250, 250, TRUE, ties, TRUE)
	set(60, 55, FALSE, ties, TRUE)
	set(12, 80, FALSE, ties, TRUE)
}
