/// A handler that Carillon brings for a purpose of its own, such as measuring.
///
/// It is linked into every program, but is no handler of the program: `HandlerCatalog.ofThisProgram`
/// leaves it out, so that no row can name it and no list shows it.
package protocol UnlistedHandler: JobHandler {}
