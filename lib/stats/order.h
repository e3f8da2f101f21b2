/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which order the arms of a comparison run. */
#ifndef VB_ORDER_H
#define VB_ORDER_H

#include <stdint.h>

/*
 * Fills @order[round * arms + position] with the arm (0..@arms - 1) that runs there;
 * each arm runs once in every round.
 *
 * Rounds are rows of a Williams design (E. J. Williams, "Experimental designs
 * balanced for the estimation of residual effects of treatments", Aust. J. Sci.
 * Res. A 2, 1949, 149-168), @arms of them, twice as many for an odd number: over
 * such a block each arm runs as often in each position, and as often straight
 * after each other arm of its round.  Every block has its rows in random order
 * and its arms in random roles.  For two arms that is ABBA or BAAB, at random,
 * per couple of rounds: a drift that is steady over a couple cancels out of it.
 * A last block that @rounds cuts short is not balanced.
 *
 * One @seed gives one order on every machine.  -EINVAL: no arms or no rounds;
 * -ENOMEM.
 */
int vb_order_make(unsigned int arms, unsigned int rounds, uint64_t seed, unsigned int *order);

/* How many rounds make a balanced block of @arms. */
unsigned int vb_order_block(unsigned int arms);

#endif /* VB_ORDER_H */
