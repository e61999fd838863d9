package com.example.myhook;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link MyHook}; run files write them in snake case. */
@ObjectClassDefinition(name = "MyHook", description = "Averages the weights over the steps, and evaluates the average.")
public @interface MyHookConfig {
    @AttributeDefinition(
            name = "decay",
            description = "Share of the average that stays at each step, 0 to below 1. Default 0.99.",
            min = "0",
            max = "1")
    double decay() default 0.99;
}
