package ${package};

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The parameters of {@link ${hookName}}; run files write them in snake case. */
@ObjectClassDefinition(name = "${hookName}", description = "Logs the length of the vector of all weights.")
public @interface ${hookName}Config {
    @AttributeDefinition(name = "interval", description = "Optimizer steps between two values. Default 1.", min = "1")
    int interval() default 1;
}
