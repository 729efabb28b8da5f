/*
 * The region of the instance that this runs on, where nothing else says one.
 * Source: PROTOCOL 7.2.  Internal: client_open() and client_check_settings()
 * ask.
 */
#ifndef AWS_REGION_H
#define AWS_REGION_H

#include "aws/config.h"

/*
 * If c has no region, and AWS_EC2_METADATA_DISABLED does not say otherwise, ask
 * the instance's metadata (IMDSv2) for it; on success c->region is set.  Blocks
 * for up to two seconds: at the start of a process.  0, also when there is no
 * such service; or CONFIG_ERR_NOMEM.
 */
int region_of_instance(struct config *c);

#endif
